// Drives the real client of a provider into a rate limit, as `limits.py` does: the clients that only npm
// has.
//
//     node limits.mjs PRESET URL

const [preset, url] = process.argv.slice(2);

/** Calls until it fails; how often it did not, and the error. */
async function calls(call, most = 10) {
  for (let passed = 0; passed < most; passed += 1) {
    try {
      await call();
    } catch (error) {
      return [passed, error];
    }
  }
  throw new Error(`not limited within ${most} calls`);
}

/** Octokit with its plugin, which tells which of GitHub's limits it met, and how long it would wait. */
async function octokit() {
  const { Octokit } = await import("@octokit/core");
  const { throttling } = await import("@octokit/plugin-throttling");
  const seen = [];
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const Throttled = Octokit.plugin(throttling);
  const client = new Throttled({
    auth: "ringer",
    baseUrl: url,
    log: quiet,
    throttle: {
      onRateLimit: (wait) => void seen.push({ limit: "primary", wait }),
      onSecondaryRateLimit: (wait) => void seen.push({ limit: "secondary", wait }),
    },
  });
  const [passed, error] = await calls(() => client.request("GET /user"));
  return { passed, exception: error.name, status: error.status, seen };
}

async function shopify(call) {
  const adapter = await import("@shopify/shopify-api/adapters/node");
  const { setAbstractFetchFunc, abstractFetch } = await import("@shopify/shopify-api/runtime");
  const { shopifyApi, Session, ApiVersion, LogSeverity } = await import("@shopify/shopify-api");
  void adapter;
  const real = abstractFetch;
  // It speaks to a shop by HTTPS only.
  setAbstractFetchFunc((to, options) => real(String(to).replace("https://", "http://"), options));
  const api = shopifyApi({
    apiKey: "ringer",
    apiSecretKey: "ringer",
    scopes: [],
    hostName: "localhost",
    hostScheme: "http",
    apiVersion: Object.values(ApiVersion)[0],
    isEmbeddedApp: false,
    logger: { level: LogSeverity.Error },
  });
  const session = new Session({
    id: "1",
    shop: new URL(url).host,
    state: "1",
    isOnline: false,
    accessToken: "shpat_ringer",
  });
  const [passed, error] = await calls(() => call(api, session));
  return { passed, exception: error.constructor.name, error };
}

const clients = {
  github: octokit,
  "github-secondary": octokit,
  async "shopify-rest"() {
    const { error, ...told } = await shopify((api, session) =>
      new api.clients.Rest({ session }).get({ path: "shop" }),
    );
    const { code, retryAfter } = error.response;
    return { ...told, status: code, retry_after: retryAfter };
  },
  async "shopify-graphql"() {
    const { error, ...told } = await shopify((api, session) =>
      new api.clients.Graphql({ session }).request("{ shop { name } }"),
    );
    const [first] = error.body.errors.graphQLErrors;
    return { ...told, code: first.extensions.code, message: first.message };
  },
};

console.log(JSON.stringify(await clients[preset]()));
