const path = require('node:path');

const plugin = path.join(__dirname, '../../grafana-plugin');
const versionSet = path.join(__dirname, 'grafana-13');
/** Grafana's packages, React, and the packages that hold one of them: there must be one React. */
const packages =
  /^(?:@grafana\/(?:data|i18n|runtime|schema|ui)|@emotion\/(?:css|react)|@testing-library\/[a-z-]+|react|react-dom|rxjs)(?:$|\/)/;

/** Jest's resolver: what the plugin imports from outside is looked for in the version set first of all. */
module.exports = (request, options) => {
  const fromPlugin = options.basedir.startsWith(plugin) && packages.test(request);
  return options.defaultResolver(request, fromPlugin ? { ...options, basedir: versionSet } : options);
};
