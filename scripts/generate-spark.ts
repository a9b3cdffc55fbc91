/**
 * Makes `src/spark/connect/protocol` of the protocol's own files, which Spark ships inside its Connect server's jar:
 * `npm run generate:spark -- <folder of Spark's jars> [<output folder>]`. What it makes is checked in, so that a checkout
 * needs neither Spark nor a compiler of protocols; `test/stack` compares.
 */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const PACKAGES = ['@bufbuild/buf@1.75.0', '@bufbuild/protoc-gen-es@2.17.0'];
/** Calls that Daybook does not make; what only they need is left out. */
const UNUSED = [
  'AddArtifactsRequest',
  'AnalyzePlanRequest',
  'ArtifactStatusesRequest',
  'Catalog',
  'CloneSessionRequest',
  'FetchErrorDetailsRequest',
  'GetStatusRequest',
  'MlCommand',
  'MlCommandResult',
  'MlRelation',
  'PipelineAnalysisContext',
  'PipelineCommand',
  'PipelineCommandResult',
  'PipelineEventResult',
  'PipelineQueryFunctionExecutionSignal',
];
const CENTRAL_ENTRY = 0x02014b50;
const END_OF_CENTRAL = 0x06054b50;

const root = resolve(import.meta.dirname, '..');
const [jars, output = join(root, 'src/spark/connect/protocol')] = process.argv.slice(2);
if (jars === undefined) {
  process.stderr.write('Name the folder with the jars of Spark 4.2, which is pyspark/jars.\n');
  process.exitCode = 2;
} else {
  await generate(await connectJar(jars), resolve(output));
}

async function connectJar(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((each) => /^spark-connect_[\d.]+-[\d.]+\.jar$/.test(each));
  if (name === undefined) throw new Error(`There is no spark-connect_….jar in ${folder}.`);
  return join(folder, name);
}

async function generate(jar: string, into: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'daybook-protocol-'));
  try {
    for (const [name, text] of protocolFiles(await readFile(jar))) {
      await mkdir(dirname(join(work, name)), { recursive: true });
      await writeFile(join(work, name), text);
    }
    await writeFile(
      join(work, 'buf.gen.yaml'),
      JSON.stringify({
        version: 'v2',
        inputs: [
          {
            directory: '.',
            types: ['spark.connect.SparkConnectService'],
            exclude_types: UNUSED.map((name) => `spark.connect.${name}`),
          },
        ],
        plugins: [
          {
            local: 'protoc-gen-es',
            out: 'made',
            opt: ['target=ts', 'import_extension=ts', 'erasable_syntax=true'],
          },
        ],
      }),
    );
    const packages = PACKAGES.map((name) => `--package=${name}`);
    execFileSync('npm', ['exec', '--yes', ...packages, '--', 'buf', 'generate'], { cwd: work, stdio: 'inherit' });
    await rm(into, { recursive: true, force: true });
    await mkdir(into, { recursive: true });
    const made = join(work, 'made/spark/connect');
    for (const name of await readdir(made)) await copyFile(join(made, name), join(into, name));
  } finally {
    await rm(work, { recursive: true });
  }
}

/** The `.proto` files of Spark in a jar, which is a zip. Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16. */
function protocolFiles(zip: Buffer): readonly (readonly [string, Buffer])[] {
  const files: (readonly [string, Buffer])[] = [];
  const end = zip.lastIndexOf(uint32(END_OF_CENTRAL));
  let at = zip.readUInt32LE(end + 16);
  while (zip.readUInt32LE(at) === CENTRAL_ENTRY) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field));
    const name = zip.toString('utf8', at + 46, at + 46 + (nameLength ?? 0));
    if (/^spark\/connect\/\w+\.proto$/.test(name)) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const packed = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      files.push([name, zip.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed)]);
    }
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return files;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
