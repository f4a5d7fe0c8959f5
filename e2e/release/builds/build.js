'use strict';
// Makes another build of the real exporter: `node --require` loads it before the first line, in every thread.
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

const exporter = path.join(__dirname, '../../../exporter');
const manifest = path.join(exporter, 'package.json');
const { readFileSync } = fs;

/** The version that this build says it is; that of the package without the variable. */
fs.readFileSync = (file, ...options) => {
  const text = readFileSync(file, ...options);
  const version = process.env.REHEARSED_VERSION;
  if (file !== manifest || version === undefined) return text;
  return JSON.stringify({ ...JSON.parse(text), version });
};

/**
 * Changes what a built file exports, before anybody has it.
 *
 * @param {string} file in exporter/dist
 * @param {(exported: any) => void} change
 */
exports.change = (file, change) => {
  const wanted = path.join(exporter, 'dist', file);
  // A build without its fault would be taken for a good one.
  if (!fs.existsSync(wanted))
    throw new Error(`${wanted} is not there: what was to be broken has another name now`);
  const load = Module._extensions['.js'];
  Module._extensions['.js'] = (module, name) => {
    load(module, name);
    if (name === wanted) change(module.exports);
  };
};

/**
 * Puts something around a method.
 *
 * @param {any} owner
 * @param {string} name
 * @param {(original: (...args: any[]) => any) => (...args: any[]) => any} around both are called with `this`
 */
exports.wrap = (owner, name, around) => {
  if (typeof owner?.[name] !== 'function') throw new Error(`there is no ${name} to be broken`);
  owner[name] = around(owner[name]);
};
