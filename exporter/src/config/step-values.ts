import { z } from 'zod';

/**
 * Where a value is inside the payload, as its member names and item numbers from the outside in: `["user","email"]`,
 * or `user.email` for short. `*` stands for every member or item; a name that holds a dot needs the list form.
 */
export const path = z
  .union([z.string().transform((text) => text.split('.')), z.array(z.string())])
  .refine(
    (parts) => parts.length > 0 && !parts.includes(''),
    'names nothing, or has an empty part between its dots',
  );

/** A path without `*`. */
export const singlePath = path.refine(
  (parts) => !parts.includes('*'),
  'must lead to one value: write it without *',
);

export const field = z
  .string()
  .min(1)
  .refine((text) => text !== '__proto__', 'can not be a field: many consumers would misread it');

export const types = z
  .array(z.string().min(1))
  .min(1)
  .optional()
  .describe('Only events of these types; default: all');
