import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where everything of one installation is. */
export class DataDirectory {
  readonly secrets: string;
  readonly logs: string;
  readonly postgres: string;
  readonly kafka: string;
  readonly lockFile: string;
  readonly platformFile: string;
  readonly firstLoginFile: string;

  constructor(readonly path: string) {
    this.secrets = join(path, 'secrets');
    this.logs = join(path, 'logs');
    this.postgres = join(path, 'postgres');
    this.kafka = join(path, 'kafka');
    this.lockFile = join(path, 'lock');
    this.platformFile = join(path, 'platform.json');
    this.firstLoginFile = join(path, 'first-login.json');
  }

  /** Makes the folders. Secrets and logs are the owner's alone; the folder itself can be passed, because Postgres of root has another uid. */
  prepare(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o711 });
    for (const folder of [this.secrets, this.logs]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      chmodSync(folder, 0o700);
    }
  }

  secret(name: string): string {
    return join(this.secrets, name);
  }

  log(service: string): string {
    return join(this.logs, `${service}.log`);
  }
}

export function writePrivateJson(path: string, value: unknown): void {
  writePrivateText(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Writes a file that only its owner reads, whole or not at all. */
export function writePrivateText(path: string, text: string): void {
  const draft = `${path}.${process.pid}.new`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}
