import { relative } from 'node:path';
import { workspaceRoot, type DataDirectory } from '@countersign/cli';
import type { FirstLogin } from './demo-tenant.js';

/** What a person reads when the platform is up. */
export function banner(
  directory: DataDirectory,
  publicUrl: string,
  first: FirstLogin | undefined,
  seconds: number,
): string {
  const folder = shorten(directory.path);
  const login = first
    ? [
        '  Tenant             demo',
        '  Login              admin',
        `  One-time password  ${first.oneTimePassword}`,
        `                     (for one login, which asks for a new one; kept in ${shorten(directory.firstLoginFile)})`,
      ]
    : [
        '  Tenant, login      demo, admin, with the password you chose',
        `                     (not yet chosen: the one-time password is in ${shorten(directory.firstLoginFile)};`,
        '                     lost: npx countersign tenant create <slug> --admin-login admin makes another tenant)',
      ];
  return [
    '',
    `Countersign is ready after ${seconds.toFixed(1)} s:  ${publicUrl}`,
    '',
    ...login,
    `  Data, secrets      ${folder}   logs: ${shorten(directory.logs)}`,
    '',
    `  API reference      ${publicUrl}/docs`,
    '  See it at work     npm run tour          (in another terminal)',
    '  Operator           npx countersign --help',
    '  Stop               Ctrl-C',
    '',
  ].join('\n');
}

/** As it is typed in the checkout, when that is shorter. */
function shorten(path: string): string {
  const inside = relative(workspaceRoot, path);
  return inside.startsWith('..') ? path : inside;
}
