import { addressProblem } from './address-problem';

test.each([
  [
    'http',
    'listen EADDRINUSE: address already in use 127.0.0.1:1',
    'another process listens there',
    'SELFCHEER_HTTP',
  ],
  [
    'grpc',
    'No address added out of total 1 resolved errors: [listen EADDRINUSE: address already in use 127.0.0.1:1]',
    'another process listens there',
    'SELFCHEER_GRPC',
  ],
  [
    'admin',
    'listen EACCES: permission denied 127.0.0.1:1',
    'this user may not listen there',
    'SELFCHEER_ADMIN',
  ],
  ['http', 'something else', 'something else', 'SELFCHEER_HTTP'],
] as const)('%s: %s', (setting, message, reason, variable) => {
  expect(addressProblem(setting, '127.0.0.1:1', new Error(message))).toMatchObject({
    code: 'address_unusable',
    message: `Can't listen on 127.0.0.1:1 (${setting}): ${reason}. Free it, or set another one as ${variable}.`,
  });
});
