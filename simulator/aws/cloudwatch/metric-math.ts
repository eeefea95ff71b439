/**
 * Metric math of CloudWatch, as far as an alarm of ours needs it: numbers, the one metric by its id, `+ - * /`, and RATE. Anything else is
 * refused by name. Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics"
 * (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html): a result that is no number, as of a division by zero,
 * is no data point, and between two time series only moments count that both have.
 */

/** A value of a metric, and the beginning of the period that it is of. Unix milliseconds. */
export interface DataPoint {
  readonly at: number;
  readonly value: number;
}

/** From the data points of the metric, the oldest first, to those of the expression. */
export type MetricMath = (points: readonly DataPoint[]) => readonly DataPoint[];

type Value = number | readonly DataPoint[];
type Part = (points: readonly DataPoint[]) => Value;

const TOKEN = /\s*(?:(\d+(?:\.\d+)?|[A-Za-z_]\w*|[-+*/()])|$)/y;
const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

/** @param id of the metric. @throws Error for what CloudWatch refuses, and for what the simulation does not know */
export function parseMath(text: string, id: string): MetricMath {
  const refuse = (why: string) => new Error(`metric math "${text}": ${why}`);
  const tokens = tokensOf(text, refuse);
  let next = 0;

  function expect(wanted: string): void {
    const found = tokens[next++];
    if (found !== wanted) throw refuse(`expected ${wanted}, got ${found ?? 'the end'}`);
  }

  function chain(part: () => Part, operators: string): Part {
    let left = part();
    for (let token = tokens[next]; token && operators.includes(token); token = tokens[next]) {
      next++;
      const [before, right, operator] = [left, part(), OPERATORS[token]];
      if (!operator) throw refuse(`no operator ${token}`);
      left = (points) => combined(before(points), right(points), operator);
    }
    return left;
  }

  const sum = (): Part => chain(product, '+-');
  const product = (): Part => chain(factor, '*/');

  function factor(): Part {
    const token = tokens[next++] ?? 'the end';
    if (/^\d/.test(token)) return () => Number(token);
    if (token === id) return (points) => points;
    if (token !== 'RATE' && token !== '(') throw refuse(`the simulation does not know ${token}`);
    if (token === 'RATE') expect('(');
    const inner = sum();
    expect(')');
    if (token === '(') return inner;
    if (typeof inner([]) === 'number') throw refuse('RATE is of a time series');
    return (points) => rate(inner(points) as readonly DataPoint[]);
  }

  const whole = sum();
  if (next < tokens.length) throw refuse(`expected the end, got ${tokens[next]}`);
  if (typeof whole([]) === 'number') throw refuse('an alarm watches a time series, and this is a number');
  return (points) => whole(points) as readonly DataPoint[];
}

function tokensOf(text: string, refuse: (why: string) => Error): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) throw refuse(`the simulation does not know ${text.slice(at).trim()}`);
    if (found[1]) tokens.push(found[1]);
  }
  return tokens;
}

function combined(a: Value, b: Value, operator: (a: number, b: number) => number): Value {
  if (typeof a === 'number' && typeof b === 'number') return operator(a, b);
  const result: DataPoint[] = [];
  const series = typeof a === 'number' ? (b as readonly DataPoint[]) : a;
  for (const { at } of series) {
    const [left, right] = [valueAt(a, at), valueAt(b, at)];
    if (left === undefined || right === undefined) continue;
    const value = operator(left, right);
    if (Number.isFinite(value)) result.push({ at, value });
  }
  return result;
}

function valueAt(value: Value, at: number): number | undefined {
  return typeof value === 'number' ? value : value.find((point) => point.at === at)?.value;
}

/** By the second, from the data point before, however long ago: of the first there is none. */
function rate(points: readonly DataPoint[]): DataPoint[] {
  return points.slice(1).map(({ at, value }, i) => {
    const before = points[i] ?? { at, value };
    return { at, value: (value - before.value) / ((at - before.at) / 1000) };
  });
}
