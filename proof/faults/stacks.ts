import { join } from 'node:path';
import { templateOf } from '../../rehearsal/world/rehearse.ts';
import type { Ground } from './play.ts';
import { STORIES, settingsOf } from './stories.ts';

/** Stacks for these stories in a directory: each set of settings is synthesized once. @returns by the story's name */
export async function grounds(directory: string, names: readonly string[]): Promise<Map<string, Ground>> {
  const { synthesize } = await import('../../rehearsal/world/synthesize.ts');
  const bySettings = new Map<string, Ground>();
  const byStory = new Map<string, Ground>();
  for (const name of names) {
    const story = STORIES[name];
    if (!story) throw new Error(`no story ${name}`);
    const settings = settingsOf(story);
    const key = JSON.stringify(settings);
    const ground = bySettings.get(key) ?? make(join(directory, String(bySettings.size)), settings);
    bySettings.set(key, ground);
    byStory.set(name, ground);
  }
  return byStory;

  function make(into: string, settings: Readonly<Record<string, unknown>>): Ground {
    const assembly = synthesize(into, settings);
    return { assembly, template: templateOf(assembly) };
  }
}
