import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchKafka, kafkaVersion } from './jars.js';

let folder: string;
let into: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kafka-jars-test-'));
  into = join(folder, 'jars');
  await mkdir(join(folder, 'bin'));
  vi.stubEnv('PATH', join(folder, 'bin'));
  vi.stubEnv('JAVA_HOME', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** A program of the machine, as far as a fetch can tell. */
async function install(name: string, script: string): Promise<void> {
  const file = join(folder, 'bin', name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

const java = (version: string) => install('java', `echo 'openjdk version "${version}"' >&2`);
/** Notes that it ran, writes a jar where it was told to, and ends with the code. */
const maven = (code: number) =>
  install(
    'mvn',
    `echo run >> ${folder}/runs
for argument; do case "$argument" in -DoutputDirectory=*) out=\${argument#*=};; esac; done
/bin/mkdir -p "$out"; echo jar > "$out/kafka.jar"; echo 'no route to host'; exit ${code}`,
  );

describe('fetchKafka', () => {
  it('runs Maven once', async () => {
    await java('17.0.1');
    await maven(0);
    const said: string[] = [];
    const say = (text: string) => said.push(text);
    const jars = await fetchKafka(say, into);
    expect(jars).toBe(join(into, await kafkaVersion()));
    expect(await readdir(jars)).toEqual(['kafka.jar']);
    expect(await fetchKafka(say, into)).toBe(jars);
    expect(said).toHaveLength(1);
    expect(await readFile(join(folder, 'runs'), 'utf8')).toBe('run\n');
  });

  it('never takes what a failed Maven left, and says what Maven said', async () => {
    await java('21');
    await maven(1);
    await expect(fetchKafka(undefined, into)).rejects.toThrow(/npm run kafka:fetch[^]*no route to host/);
    expect(await readdir(into)).toEqual([]);
    await maven(0);
    expect(await readdir(await fetchKafka(undefined, into))).toEqual(['kafka.jar']);
  });

  it('clears away what a killed fetch left', async () => {
    await java('17');
    await maven(0);
    await mkdir(join(into, `4.0.0.draft-${2 ** 22 + 1}-x`), { recursive: true });
    await fetchKafka(undefined, into);
    expect(await readdir(into)).toEqual([await kafkaVersion()]);
  });

  it('names the remedy where Maven or Java is missing, or Java is too old', async () => {
    await expect(fetchKafka(undefined, into)).rejects.toThrow(/Java 17 or newer.*default-jre-headless.*KAFKA_BROKERS/);
    await java('11.0.2');
    await expect(fetchKafka(undefined, into)).rejects.toThrow(/is openjdk version "11\.0\.2"/);
    await java('17.0.1');
    await expect(fetchKafka(undefined, into)).rejects.toThrow(/Maven is missing.*apt-get install maven/);
  });
});
