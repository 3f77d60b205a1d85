import { spawnSync } from 'node:child_process';

/** `docker compose`, the plug-in, or the older program of its own; what they are asked here both can. */
const COMMANDS = [['docker', 'compose'], ['docker-compose']];

/** How compose is called on this machine; undefined where there is none. No engine has to run. */
export function findCompose(commands = COMMANDS) {
  return commands.find(
    ([program, ...args]) => spawnSync(program, [...args, 'version'], { stdio: 'ignore' }).status === 0,
  );
}

/** What a program needs to run; without it, compose would put variables of ours into the file that it reads. */
export function surroundings() {
  const { PATH, HOME } = process.env;
  return { PATH, HOME };
}

/**
 * What is counted and said where the test of docker-compose.yml cannot run: nothing failed, unless the run demands it.
 * @param isRequired REQUIRE_COMPOSE
 */
export function withoutCompose(isRequired) {
  const lines = [
    isRequired
      ? 'failed, because REQUIRE_COMPOSE is set and there is no docker compose:'
      : 'skipped, for want of docker compose:',
    '  the test of docker-compose.yml',
    'to get it: apt-get install docker-compose (no engine has to run), then: npm test -- compose',
  ];
  return { failed: isRequired ? 1 : 0, notes: [lines.join('\n  ')] };
}

/** REQUIRE_COMPOSE: 1 or true. */
export function isComposeRequired(env) {
  return ['1', 'true'].includes(env.REQUIRE_COMPOSE ?? '');
}
