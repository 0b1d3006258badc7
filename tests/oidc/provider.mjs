// A real identity provider for tests: `node provider.mjs ISSUER REDIRECT_URI`.
import { Provider } from "oidc-provider";

const [issuer, redirectUri] = process.argv.slice(2);
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "fortnight",
      redirect_uris: [redirectUri],
      response_types: ["code"],
      grant_types: ["authorization_code"],
      token_endpoint_auth_method: "none",
    },
  ],
  // Whoever signs in here is who they say: their login is the subject.
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  cookies: { keys: ["only-for-tests"] },
});
const server = provider.listen(Number(new URL(issuer).port), "127.0.0.1", () => {
  console.log("listening");
});
process.on("SIGTERM", () => server.close(() => process.exit(0)));
