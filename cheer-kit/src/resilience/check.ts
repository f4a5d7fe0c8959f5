/** @throws RangeError unless the value is finite and within these bounds. */
export function checkRange(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (!(value >= least && value <= most)) {
    throw new RangeError(`${name} is ${value}; it must be between ${least} and ${most}`);
  }
}

/** @throws RangeError unless the value is a whole number within these bounds. */
export function checkCount(name: string, value: number, least: number, most?: number): void {
  if (!Number.isInteger(value)) throw new RangeError(`${name} is ${value}; it must be a whole number`);
  checkRange(name, value, least, most);
}
