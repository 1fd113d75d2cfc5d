/** For password managers alone, which otherwise would have to guess whose password this is. */
export function Username({ email }: { email: string }) {
  return <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />;
}
