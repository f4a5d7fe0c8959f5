import {
  itemProblem,
  itemProblems,
  problemBody,
  problemInfo,
  refusals,
  requestProblems,
  type ProblemCode,
} from './problem';

const codes = [itemProblems, refusals, requestProblems].flatMap((table) =>
  Object.keys(table),
) as ProblemCode[];

it('has each code in one table only', () => {
  expect(new Set(codes).size).toBe(codes.length);
});

test.each(codes)('%s is a problem of RFC 9457 with a status of its kind', (code) => {
  const { status, title } = problemInfo(code);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(problemBody(code, 'because', { line: 3 })).toEqual({
    type: 'about:blank',
    title,
    status,
    code,
    detail: 'because',
    line: 3,
  });
});

it('leaves out the field of an item when there is none', () => {
  expect(itemProblem('malformed_json', 'x')).toEqual({ code: 'malformed_json', detail: 'x' });
  expect(itemProblem('invalid_key', 'x', 'key')).toEqual({ code: 'invalid_key', detail: 'x', field: 'key' });
});
