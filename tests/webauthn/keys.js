// The ceremonies of Tacit with security keys and passkeys. No dependency: browsers since 2025 read the options and
// write the answers in the JSON form of WebAuthn Level 3 themselves.

/** A refusal of Tacit: `problem.code` is stable, `problem.title` and `problem.detail` are for people. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.title ?? `status ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

export class Tacit {
  #base;
  /** The access token of the session; keep it in memory only. */
  token = null;

  constructor(base) {
    this.#base = base.replace(/\/+$/, "");
  }

  /** One request. Every write has a key of its own, so that a repeated one is done once. */
  async call(method, path, body) {
    const headers = {};
    if (this.token) headers["Authorization"] = `Bearer ${this.token}`;
    if (method !== "GET") headers["Idempotency-Key"] = crypto.randomUUID();
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const answer = await fetch(this.#base + path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
    });
    const said = answer.status === 204 ? null : await answer.json();
    if (!answer.ok) throw new Refused(answer.status, said);
    return { status: answer.status, body: said };
  }

  /** What a key answers to the options of a path: `{ credential, begun }`. `more` is for the browser. */
  async #ask(path, more = {}) {
    const begun = (await this.call("POST", path)).body;
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.public_key);
    const credential = await navigator.credentials.get({ publicKey, ...more });
    return { credential: credential.toJSON(), begun };
  }

  /** Logs in with a password and, where the account has one, a security key. */
  async logIn(login, password) {
    let answer = await this.call("POST", "/v1/sessions", { login, password });
    if (answer.status === 202) {
      const { challenge_id, methods } = answer.body;
      if (!methods.includes("security_key")) throw new Error(`this page shows no ${methods.join(" and no ")}`);
      const path = `/v1/sessions/challenges/${challenge_id}`;
      const { credential } = await this.#ask(`${path}/security-key-options`);
      answer = await this.call("POST", path, { method: "security_key", credential });
    }
    this.token = answer.body.access_token;
  }

  /** Logs in with a passkey alone. With `{ mediation: "conditional" }` the browser offers it in the login field. */
  async logInWithPasskey(more) {
    const { credential, begun } = await this.#ask("/v1/sessions/passkey-options", more);
    const answer = await this.call("POST", "/v1/sessions/passkey", { ceremony_id: begun.ceremony_id, credential });
    this.token = answer.body.access_token;
  }

  /** Adds a key. With the first factor come backup codes: show them, and let one be typed back. */
  async addKey(name) {
    const begun = (await this.call("POST", "/v1/security/security-keys/registration-options")).body;
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.public_key);
    const credential = await navigator.credentials.create({ publicKey });
    return (await this.call("POST", "/v1/security/security-keys", { name, credential: credential.toJSON() })).body;
  }

  /** Makes the proof of this session fresh for 5 minutes, as operations that answer `fresh_proof_required` want it. */
  async prove() {
    const { credential } = await this.#ask("/v1/security/security-keys/proof-options");
    await this.call("POST", "/v1/security/proof", { method: "security_key", credential });
  }

  /** The keys of the account. */
  async keys() {
    return (await this.call("GET", "/v1/security/security-keys")).body.items;
  }
}
