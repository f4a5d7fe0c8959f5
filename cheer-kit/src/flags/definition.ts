/** What a flag can be. */
export type FlagValue = boolean | number | string;

/** One feature flag that a service reads, and what it is when nobody says otherwise. */
export interface FlagDefinition<Value extends FlagValue = FlagValue> {
  /** One sentence that says what it switches. */
  readonly description: string;
  readonly defaultValue: Value;
  /** What a value of the file must be (`from 0 to 1`) when this one is not; undefined when it is fine. */
  mustBe?(value: Value): string | undefined;
}

/** By the name that the file uses. */
export type FlagDefinitions = Readonly<Record<string, FlagDefinition>>;

/** The type of a flag's values, for example `boolean`. */
export type ValueOf<Definition> = Definition extends FlagDefinition<infer Value> ? Widened<Value> : never;

/** A definition that is written in place has the type of its default alone: `true` instead of `boolean`. */
type Widened<Value> = Value extends boolean ? boolean : Value extends number ? number : string;

/** Name of the variant while the default value stands. */
export const defaultVariant = 'default';

/** One flag as it was evaluated last. */
export interface FlagReading {
  readonly flag: string;
  readonly variant: string;
  readonly value: FlagValue;
  /** Why it has this value: STATIC, TARGETING_MATCH, DEFAULT or DISABLED (OpenFeature specification, "Resolution reason"). */
  readonly reason: string;
  readonly description: string;
  /** Nobody has said otherwise: the value is that of the definition. */
  readonly isDefault: boolean;
}

/** A flag has another value or variant than before. */
export interface FlagChange {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly from: FlagReading;
  readonly to: FlagReading;
}

export function defaultReading(flag: string, { defaultValue, description }: FlagDefinition): FlagReading {
  const value = { variant: defaultVariant, value: defaultValue, reason: 'DEFAULT', isDefault: true };
  return { flag, ...value, description };
}
