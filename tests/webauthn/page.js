import { Refused, Tacit } from "./keys.js";

const at = (id) => document.getElementById(id);
let tacit = null;

/** One button: says what came of it, in words and in `data-state` (busy, done, refused, failed). */
function button(id, work) {
  at(id).addEventListener("click", async (event) => {
    event.preventDefault();
    const said = at("said");
    said.dataset.state = "busy";
    said.textContent = "…";
    try {
      tacit ??= new Tacit(at("api").value);
      said.textContent = await work();
      said.dataset.state = "done";
    } catch (error) {
      said.textContent = error instanceof Refused ? `${error.problem?.code}: ${error.message}` : String(error);
      said.dataset.state = error instanceof Refused ? "refused" : "failed";
    }
  });
}

/** What a login says: the address of the account that it opened. */
async function opened() {
  return `Logged in as ${(await tacit.call("GET", "/v1/account")).body.email}`;
}

button("log-in", async () => {
  tacit.token = null;
  await tacit.logIn(at("login").value, at("password").value);
  return opened();
});

button("log-in-with-passkey", async () => {
  tacit.token = null;
  await tacit.logInWithPasskey();
  return opened();
});

button("add-key", async () => {
  const { key, backup_codes } = await tacit.addKey(at("name").value);
  const codes = backup_codes ? `\nWrite these backup codes down:\n${backup_codes.join("\n")}` : "";
  return `Added “${key.name}”.${codes}`;
});

button("prove", async () => {
  await tacit.prove();
  return "Your proof is fresh for 5 minutes.";
});

button("list", async () => {
  const keys = await tacit.keys();
  return keys.map((key) => `${key.name}: ${key.status}`).join("\n") || "There are none.";
});
