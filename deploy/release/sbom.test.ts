import { type Bom, gapsIn, schemaProblems } from './sbom';

describe('a bill of materials', () => {
  const component = (ref: string) => ({ type: 'library', 'bom-ref': ref, name: ref, purl: `pkg:npm/${ref}` });
  const bom: Bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    metadata: { component: component('own@1.0.0') },
    components: [component('a@1.0.0'), component('@s/b@2.0.0')],
    dependencies: [
      { ref: 'own@1.0.0', dependsOn: ['a@1.0.0'] },
      { ref: 'a@1.0.0', dependsOn: ['@s/b@2.0.0'] },
    ],
  };

  test('is whole', () => expect(gapsIn(bom, ['a'])).toEqual([]));

  test('lacks what the package names, what another needs, or holds what nobody does', () => {
    expect(gapsIn(bom, ['a', 'zod'])).toEqual(['zod is missing']);
    expect(gapsIn({ ...bom, components: bom.components.slice(0, 1) }, ['a'])).toEqual([
      '@s/b@2.0.0 is named, and not described',
    ]);
    expect(gapsIn({ ...bom, components: [...bom.components, component('jest@30.0.0')] }, ['a'])).toEqual([
      'nothing needs jest@30.0.0',
    ]);
  });

  test("is held against CycloneDX's schema", async () => {
    expect(await schemaProblems(JSON.stringify(bom))).toEqual([]);
    const { length } = await schemaProblems(JSON.stringify({ ...bom, components: [{ name: 'no type' }] }));
    expect(length).toBe(1);
  });
});
