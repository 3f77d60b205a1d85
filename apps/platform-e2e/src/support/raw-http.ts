import { connect } from 'node:net';

/** Sends bytes to the platform's port and collects what comes back until it closes or is silent for a while. */
export function sendRaw(baseUrl: string, bytes: string | Buffer, silenceMs = 3_000): Promise<string> {
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setTimeout(silenceMs, () => socket.destroy());
    socket.on('data', chunk => (answer += chunk.toString('latin1')));
    socket.on('error', error => {
      if (answer === '' && !/ECONNRESET|EPIPE/.test(error.message)) reject(error);
    });
    socket.on('close', () => {
      resolve(answer);
    });
  });
}

/** The status codes of the answers in such text, in order. */
export function statusesOf(answer: string): number[] {
  return [...answer.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));
}
