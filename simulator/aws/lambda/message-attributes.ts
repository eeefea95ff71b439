import { ServiceError } from '../account/service-error.ts';

/** Attributes of a message, by name: what is sent, of a list too. */
export type Attributes = Readonly<Record<string, string>>;

/** docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html */
const NAME = /^(?!aws\.|amazon\.)(?!\.)(?!.*\.$)(?!.*\.\.)[\w.-]{1,256}$/i;
/** With raw delivery to a queue, a message with more of them is discarded. */
const MOST = 10;

/**
 * What `Publish` is given, strictly: "Name, type, and value must not be empty or null", and whoever filters by what is not there gets nothing.
 * @throws ServiceError as SNS answers
 * @throws Error for what the simulation does not know: types other than text and lists
 */
export function messageAttributes(given: unknown): Attributes {
  const entries = Object.entries((given ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>);
  if (entries.length > MOST) throw invalid(`${entries.length} attributes; a queue with raw delivery takes ${MOST}`);
  return Object.fromEntries(entries.map(([name, value]) => [name, textOf(name, value)]));
}

function textOf(name: string, { DataType, StringValue, ...rest }: Readonly<Record<string, unknown>>): string {
  if (!NAME.test(name)) throw invalid(`The message attribute name '${name}' is invalid`);
  const others = Object.keys(rest).filter((key) => rest[key] !== undefined);
  if (others.length > 0) throw new Error(`the simulated Publish does not know ${others.join(', ')} of an attribute`);
  if (typeof DataType !== 'string' || DataType === '')
    throw invalid(`The message attribute '${name}' must contain a non-empty message attribute type`);
  if (DataType !== 'String' && DataType !== LIST)
    throw new Error(`the simulated Publish does not know attributes of type ${DataType}`);
  if (typeof StringValue !== 'string' || StringValue === '')
    throw invalid(
      `The message attribute '${name}' must contain a non-empty message attribute value for type '${DataType}'`,
    );
  const unfit = DataType === LIST ? notAList(StringValue) : notAText(StringValue);
  if (unfit) throw new Error(`the simulated Publish refuses ${name}: ${unfit}`);
  return StringValue;
}

const LIST = 'String.Array';

/** What SNS takes, and no filter lets through: "the value must be a valid JSON string", once it has been put into one. */
function notAText(value: string): string | undefined {
  return /["\\]/.test(value) ? 'a text with quotes or backslashes keeps it from who filters' : undefined;
}

function notAList(value: string): string | undefined {
  let values: unknown;
  try {
    values = JSON.parse(value);
  } catch {
    return 'no JSON';
  }
  const plain = (each: unknown) => each === null || ['string', 'number', 'boolean'].includes(typeof each);
  return Array.isArray(values) && values.every(plain) ? undefined : 'no list of plain values';
}

function invalid(why: string): ServiceError {
  return new ServiceError('ParameterValueInvalid', why);
}
