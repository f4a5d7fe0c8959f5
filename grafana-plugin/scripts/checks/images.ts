import { strFromU8 } from 'fflate';
import { SaxesParser } from 'saxes';
import { type Check, pluginFiles, when } from './check';
import { ofMetadata } from './metadata';

/** Smallest that can be read in the catalogue, in pixels. */
const minScreenshotWidth = 600;
const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** All that a logo needs. What can run, load or link to something else is not among them. */
const safeElements = new Set([
  ...['svg', 'title', 'desc', 'defs', 'g', 'path', 'circle', 'ellipse', 'rect', 'line', 'polyline', 'polygon'],
  ...['lineargradient', 'radialgradient', 'stop', 'clippath'],
]);
const safeAttributes = new Set([
  ...['xmlns', 'viewbox', 'width', 'height', 'id', 'd', 'points', 'transform', 'role', 'aria-label'],
  ...['x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'rx', 'ry', 'fx', 'fy', 'offset', 'clip-path', 'opacity'],
  ...['fill', 'fill-rule', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-linecap', 'stroke-linejoin'],
  ...['stroke-dasharray', 'stroke-opacity', 'stop-color', 'stop-opacity', 'gradientunits', 'gradienttransform'],
]);

const paths = ofMetadata('image-paths', ({ info: { logos, screenshots } }, submission) => {
  const files = pluginFiles(submission);
  return [logos?.small, logos?.large, ...(screenshots ?? []).map(({ path }) => path)].flatMap((path = '') => [
    ...when(/^[./]|^\w+:/.test(path), `"${path}" has to be a path below the folder of plugin.json.`),
    ...when(!files.has(path), `"${path}" is named in plugin.json and is not in the archive.`),
  ]);
});

const logos = ofMetadata('logos', ({ info }) =>
  [info.logos?.small, info.logos?.large].flatMap((path) =>
    when(!path?.endsWith('.svg'), `The logo "${path}" has to be an SVG image.`)
  )
);

const screenshots = ofMetadata('screenshots', ({ info }, submission) => [
  ...when(!info.screenshots?.length, 'plugin.json names no screenshots.'),
  ...(info.screenshots ?? []).flatMap(({ path }) => {
    const bytes = pluginFiles(submission).get(path);
    if (!bytes) {
      return [];
    }
    if (!path.endsWith('.png') || pngSignature.some((byte, index) => bytes[index] !== byte)) {
      return [`"${path}" is not a PNG image.`];
    }
    // The width follows the signature, the length of the first chunk and its name.
    const width = new DataView(bytes.buffer, bytes.byteOffset).getUint32(16);
    return when(width < minScreenshotWidth, `"${path}" is ${width} pixels wide: too small to be read.`);
  }),
]);

const drawings: Check = {
  name: 'safe-svg',
  run: (submission) =>
    [...pluginFiles(submission)]
      .filter(([name]) => name.endsWith('.svg'))
      .flatMap(([name, bytes]) => unsafeIn(strFromU8(bytes)).map((what) => `${name}: ${what}`)),
};

function unsafeIn(svg: string): string[] {
  const found: string[] = [];
  const parser = new SaxesParser();
  parser.on('doctype', () => found.push('a document type is not allowed.'));
  parser.on('processinginstruction', () => found.push('a processing instruction is not allowed.'));
  parser.on('opentag', ({ name, attributes }) => {
    if (!safeElements.has(name.toLowerCase())) {
      found.push(`the element <${name}> is not among the safe ones.`);
    }
    for (const [attribute, value] of Object.entries(attributes)) {
      if (!safeAttributes.has(attribute.toLowerCase())) {
        found.push(`the attribute ${attribute} is not among the safe ones.`);
      } else if (/url\(\s*['"]?(?!#)|javascript:/i.test(String(value))) {
        found.push(`the attribute ${attribute} leads out of the image.`);
      }
    }
  });
  parser.on('error', (error) => found.push(`it is no XML (${error.message}).`));
  parser.write(svg).close();
  return found;
}

export const imageChecks: readonly Check[] = [paths, logos, screenshots, drawings];
