/** A login as it is compared: NFKC, case folded. `Ａnna` (full width) and `anna` are one login; user-lifecycle reserves logins alike. */
export function loginKey(login: string): string {
  return login.normalize('NFKC').toLowerCase().normalize('NFKC');
}
