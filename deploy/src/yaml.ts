import { stringify } from 'yaml';

const head = '# Made by deploy/src (npm run deploy:generate): change that, and make this anew.\n';

/** One file of one or more Kubernetes objects, or of one other document. Undefined members are left out. */
export function toYaml(documents: readonly object[], about = ''): string {
  const notes = about === '' ? '' : `${about.replace(/^/gm, '# ').replace(/ +$/gm, '')}\n`;
  const texts = documents.map((document) => stringify(plain(document), options));
  return head + notes + texts.join('---\n');
}

/** As it would be sent: models keep helpers and undefined members that are no part of the object. */
function plain(document: object): unknown {
  return JSON.parse(JSON.stringify(document));
}

const options = { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false } as const;
