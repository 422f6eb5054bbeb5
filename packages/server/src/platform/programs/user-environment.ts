/** What programs of users see of our environment: where programs are, who the user is, languages, certificates and proxies. */
const passedOn: readonly RegExp[] = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TEMP|TMP|TZ|LANG|LANGUAGE|LD_LIBRARY_PATH|SYSTEMROOT|XDG_CACHE_HOME)$/i,
  /^LC_/,
  /^(VIRTUAL_ENV|CONDA_PREFIX|CONDA_DEFAULT_ENV|PYTHONPATH|PYTHONHOME)$/,
  /^(OMP|MKL|OPENBLAS|NUMEXPR)_NUM_THREADS$/,
  /^(CUDA|NVIDIA)_VISIBLE_DEVICES$/,
  /^(http_proxy|https_proxy|no_proxy|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE)$/i,
]

/** The part of an environment that programs of users get. No secret of ours is in it. */
export function userEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const passed = Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && passedOn.some((pattern) => pattern.test(name)) ? [[name, value] as const] : [],
  )
  return {
    ...Object.fromEntries(passed),
    // Lines are shown as they are written.
    PYTHONUNBUFFERED: '1',
    PYTHONIOENCODING: 'utf-8',
  }
}
