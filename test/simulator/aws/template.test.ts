// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of Fn::Sub
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  creationOrder,
  list,
  num,
  object,
  onlyKnown,
  properties,
  Resolver,
  readTemplate,
  resolveTemplate,
  str,
  strings,
  tags,
} from '../../../simulator/aws/cloudformation/template.ts';

const WHERE = { region: 'eu-west-1', account: '111122223333', stackName: 'Remount' };
const references = (id: string) => ({
  ref: `ref-${id}`,
  attributes: { Arn: `arn-${id}`, 'Endpoint.Port': '80', Names: ['n1', 'n2'] },
});

/** The value of one property `X` of the resource `R`, in a template with a parameter, a mapping and other resources. */
function value(node: unknown, extra: Record<string, unknown> = {}): unknown {
  const template = {
    Parameters: { P: { Type: 'String', Default: 'p' }, L: { Type: 'CommaDelimitedList', Default: 'a, b' } },
    Mappings: { M: { one: { two: 'mapped' } } },
    Conditions: {
      Yes: { 'Fn::Equals': [{ Ref: 'P' }, 'p'] },
      No: { 'Fn::Not': [{ Condition: 'Yes' }] },
      Both: { 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Or': [{ Condition: 'No' }, { Condition: 'Yes' }] }] },
    },
    Resources: { R: { Type: 'T', Properties: { X: node } }, Other: { Type: 'T' }, Off: { Type: 'T', Condition: 'No' } },
    ...extra,
  };
  return resolveTemplate(template, { ...WHERE, references }).resources.R?.properties.X;
}

describe('intrinsics', () => {
  test.each<[string, unknown, unknown]>([
    ['a parameter', { Ref: 'P' }, 'p'],
    ['a list parameter', { Ref: 'L' }, ['a', 'b']],
    ['a resource', { Ref: 'Other' }, 'ref-Other'],
    ['a pseudo parameter', { Ref: 'AWS::Partition' }, 'aws'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Other', 'Endpoint.Port'] }, '80'],
    ['Fn::GetAtt as a string', { 'Fn::GetAtt': 'Other.Endpoint.Port' }, '80'],
    ['a list attribute', { 'Fn::Select': ['1', { 'Fn::GetAtt': ['Other', 'Names'] }] }, 'n2'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'P' }, { Ref: 'AWS::NoValue' }]] }, 'a-p'],
    ['Fn::Split', { 'Fn::Split': ['/', 'a/b'] }, ['a', 'b']],
    [
      'Fn::Sub',
      { 'Fn::Sub': '${P} ${Other} ${Other.Arn} ${!P} ${AWS::Region}' },
      'p ref-Other arn-Other ${P} eu-west-1',
    ],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${P} ${V}', { P: 'own', V: { Ref: 'P' } }] }, 'own p'],
    ['Fn::GetAZs of the Region', { 'Fn::GetAZs': '' }, ['eu-west-1a', 'eu-west-1b', 'eu-west-1c']],
    ['Fn::Base64', { 'Fn::Base64': { Ref: 'P' } }, 'cA=='],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['M', 'one', 'two'] }, 'mapped'],
    ['Fn::If, true', { 'Fn::If': ['Both', 1, { Ref: 'Off' }] }, 1],
    ['Fn::If, false', { 'Fn::If': ['No', { Ref: 'Off' }, 2] }, 2],
    ['no value', { a: { Ref: 'AWS::NoValue' }, b: [{ Ref: 'AWS::NoValue' }, 1] }, { b: [1] }],
    ['a key that only looks like a condition', { Condition: 'Yes' }, { Condition: 'Yes' }],
  ])('%s', (_name, node, expected) => {
    expect(value(node)).toEqual(expected);
  });

  test.each<[string, unknown, RegExp]>([
    [
      'unknown function',
      { 'Fn::Cidr': ['10.0.0.0/16', 2] },
      /^R\.Properties\.X\.Fn::Cidr: intrinsic function Fn::Cidr/,
    ],
    ['unknown name', [{ Ref: 'Nobody' }], /^R\.Properties\.X\[0\]\.Ref: Nobody is no resource or parameter/],
    ['resource that is not created', { Ref: 'Off' }, /Off is not created/],
    ['unknown attribute', { 'Fn::GetAtt': ['Other', 'Size'] }, /Other \(T\) has no attribute 'Size'; known: Arn/],
    ['unknown attribute in Fn::Sub', { 'Fn::Sub': '${Other.Size}' }, /no attribute 'Size'/],
    ['inherited attribute name', { 'Fn::GetAtt': ['Other', 'constructor'] }, /no attribute 'constructor'/],
    ['unknown pseudo parameter', { Ref: 'AWS::NotificationARNs' }, /AWS::NotificationARNs/],
    ['intrinsic among others', { Ref: 'P', More: 1 }, /Ref must stand alone, got Ref, More/],
    ['index out of range', { 'Fn::Select': [2, ['a', 'b']] }, /index 2 is not in/],
    ['unknown condition', { 'Fn::If': ['Maybe', 1, 2] }, /no condition Maybe/],
    ['zones of another Region', { 'Fn::GetAZs': 'us-east-1' }, /zones of us-east-1 are not known/],
    ['dynamic reference', '{{resolve:secretsmanager:x}}', /dynamic reference/],
    ['list where a text is wanted', { 'Fn::Join': ['', [['a']]] }, /must be a string, got \["a"\]/],
  ])('%s fails by name', (_name, node, message) => {
    expect(() => value(node)).toThrow(message);
  });

  test('a condition that depends on itself is named', () => {
    const extra = { Conditions: { No: { 'Fn::Not': [{ Condition: 'No' }] } } };
    expect(() => value('x', extra)).toThrow(/condition No depends on itself/);
  });
});

describe('parameters', () => {
  const one = (spec: unknown, given?: string) =>
    resolveTemplate(
      { Parameters: { P: spec }, Resources: { R: { Type: 'T', Properties: { X: { Ref: 'P' } } } } },
      { ...WHERE, references, ...(given === undefined ? {} : { parameters: { P: given } }) },
    ).resources.R?.properties.X;

  test('an AMI from the parameter store gets an id that depends on its name', () => {
    const ami = (name: string) => one({ Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: name });
    expect(ami('/aws/al2023')).toMatch(/^ami-0[0-9a-f]{16}$/);
    expect(ami('/aws/al2023')).toBe(ami('/aws/al2023'));
    expect(ami('/aws/al2023')).not.toBe(ami('/aws/al2'));
  });

  test('values given win over defaults and are checked', () => {
    const spec = { Type: 'Number', Default: 3, MinValue: 1, MaxValue: 5 };
    expect(one(spec)).toBe('3');
    expect(one(spec, '5')).toBe('5');
    expect(() => one(spec, '6')).toThrow(/Parameters\.P: value must be from 1 to 5, got 6/);
    expect(() => one({ Type: 'String', AllowedValues: ['a'] }, 'b')).toThrow(/must be one of a, got "b"/);
    expect(() => one({ Type: 'String' })).toThrow(/Parameters\.P: has no default/);
    expect(() => one({ Type: 'Strange', Default: 'x' })).toThrow(/parameter type "Strange"/);
  });
});

describe('whole templates', () => {
  const minimal = { Resources: { A: { Type: 'T' } } };

  test('unknown sections and resource attributes fail by name', () => {
    expect(() => readTemplate({ ...minimal, Transform: 'AWS::Serverless' })).toThrow(/^Transform: unknown/);
    expect(() => readTemplate({ Resources: { A: { Type: 'T', Propertys: {} } } })).toThrow(/^A\.Propertys: unknown/);
    expect(() => readTemplate({ Resources: { A: {} } })).toThrow(/^A\.Type: is missing/);
  });

  test('rules are asserted', () => {
    const assertion = { Assert: { 'Fn::Contains': [['a'], { Ref: 'P' }] }, AssertDescription: 'P must be a' };
    const template = (p: string) => ({
      ...minimal,
      Parameters: { P: { Type: 'String', Default: p } },
      Rules: { Check: { Assertions: [assertion] } },
    });
    expect(new Resolver(template('a'), WHERE).order).toEqual(['A']);
    expect(() => new Resolver(template('b'), WHERE)).toThrow(/Rules\.Check: assertion failed: P must be a/);
  });

  test('outputs are resolved after all resources', () => {
    const outputs = { O: { Value: { 'Fn::GetAtt': ['A', 'Arn'] }, Export: { Name: 'exported' } } };
    const resolved = resolveTemplate({ ...minimal, Outputs: outputs }, { ...WHERE, references });
    expect(resolved.outputs).toEqual({ O: { value: 'arn-A', exportName: 'exported' } });
  });

  test('references are asked once for each resource, in creation order, with resolved properties', () => {
    const asked: unknown[] = [];
    const resources = {
      B: { Type: 'T', Properties: { X: { 'Fn::Sub': '${A}' } } },
      A: { Type: 'T', DependsOn: 'C' },
      C: { Type: 'T' },
    };
    resolveTemplate(
      { Resources: resources },
      {
        ...WHERE,
        references: (id, resource) => {
          asked.push([id, resource.properties]);
          return references(id);
        },
      },
    );
    expect(asked).toEqual([
      ['C', {}],
      ['A', {}],
      ['B', { X: 'ref-A' }],
    ]);
  });
});

describe('creation order', () => {
  const order = (Resources: Record<string, unknown>) => creationOrder(readTemplate({ Resources }));

  test('a cycle is named, without what only leads to it', () => {
    const on = (...names: string[]) => ({ Type: 'T', DependsOn: names });
    expect(() => order({ A: on('B'), B: on('C'), C: on('B') })).toThrow(/circular dependency: B -> C -> B/);
    expect(() => order({ A: on('Nobody') })).toThrow(/A\.DependsOn: names Nobody/);
  });

  test('every resource comes after what it names, whatever the graph', () => {
    const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.constantFrom('Ref', 'GetAtt', 'Sub', 'DependsOn')));
    fc.assert(
      fc.property(edges, fc.shuffledSubarray([...Array(10).keys()], { minLength: 10 }), (pairs, shuffled) => {
        // Edges run from higher to lower numbers, so there is no cycle; the template lists them in any order.
        const wanted = pairs.filter(([from, to]) => from > to);
        const resources = Object.fromEntries(
          shuffled.map((n) => {
            const mine = wanted.filter(([from]) => from === n);
            const nodes = mine.map(([, to, how]) =>
              how === 'Ref'
                ? { Ref: `N${to}` }
                : how === 'GetAtt'
                  ? { 'Fn::GetAtt': [`N${to}`, 'A'] }
                  : { 'Fn::Sub': `\${N${to}}` },
            );
            const dependsOn = mine.filter(([, , how]) => how === 'DependsOn').map(([, to]) => `N${to}`);
            return [`N${n}`, { Type: 'T', Properties: { nodes }, DependsOn: dependsOn }];
          }),
        );
        const found = order(resources);
        expect([...found].sort()).toEqual(Object.keys(resources).sort());
        for (const [from, to] of wanted) expect(found.indexOf(`N${to}`)).toBeLessThan(found.indexOf(`N${from}`));
      }),
    );
  });
});

describe('property accessors', () => {
  const p = properties({
    logicalId: 'R',
    properties: {
      Name: 'n',
      Size: '20',
      Names: ['a'],
      Nested: { Deep: [{ Key: 'k', Value: 'v' }, { Key: 5 }] },
      Tags: [{ Key: 'k', Value: 'v' }],
    },
  });

  test('read what is there', () => {
    expect([str(p, 'Name'), num(p, 'Size'), strings(p, 'Names')]).toEqual(['n', 20, ['a']]);
    expect(tags(p, 'Tags')).toEqual({ k: 'v' });
    expect(num(p, 'Missing', 7)).toBe(7);
  });

  test('name the place of what is not', () => {
    expect(() => str(p, 'Missing')).toThrow('R.Properties.Missing: is missing; must be a string');
    expect(() => num(p, 'Name')).toThrow('R.Properties.Name: must be a number, got "n"');
    const second = list(object(p, 'Nested'), 'Deep')[1] ?? p;
    expect(() => str(second, 'Value')).toThrow('R.Properties.Nested.Deep[1].Value: is missing');
    expect(() => onlyKnown(p, ['Name', 'Size', 'Names', 'Tags'])).toThrow(/R\.Properties: unknown Nested/);
  });
});
