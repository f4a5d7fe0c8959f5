import { messageOf, SelfcheerError } from '../errors';
import { envName } from './keys';

const reasons: readonly (readonly [RegExp, string])[] = [
  [/EADDRINUSE/, 'another process listens there'],
  [/EACCES/, 'this user may not listen there'],
  [/EADDRNOTAVAIL/, 'this machine has no such address'],
  [/ENOTFOUND|EAI_AGAIN/, 'the name has no address'],
];

/** What is said when a server can't listen where its setting says. */
export function addressProblem(
  setting: 'http' | 'grpc' | 'admin',
  address: string,
  error: unknown,
): SelfcheerError {
  const message = messageOf(error);
  const reason = reasons.find(([pattern]) => pattern.test(message))?.[1] ?? message;
  return new SelfcheerError(
    'address_unusable',
    `Can't listen on ${address} (${setting}): ${reason}. Free it, or set another one as ${envName([setting])}.`,
    { cause: error },
  );
}
