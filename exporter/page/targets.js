// What both pages of a sidecar say about a service that it looks at.

/** How a service is, in a word: its state while it answers, else what keeps us from knowing. */
export const stateOf = ({ link, state }) => (link === 'live' ? state : link);

export const addressOf = ({ name }) => `/targets/${encodeURIComponent(name)}/`;
