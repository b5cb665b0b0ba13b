// An authorization server that is not ours: oidc-provider, one instance for each security profile, over
// TLS with client certificates. Reads its settings as one JSON object from standard input, writes the
// issuers as one line, and ends when standard input does.
import { createPublicKey, X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

const STRONG = 'urn:openbanking:psd2:sca';
const PERSON = 'psu-4471';

const lines = process.stdin[Symbol.asyncIterator]();
let text = '';
while (!text.includes('\n')) {
  const { value, done } = await lines.next();
  if (done) break;
  text += value;
}
const settings = JSON.parse(text);

async function signingKey(alg) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `as-${alg.toLowerCase()}` };
}
const jwks = { keys: await Promise.all(['PS256', 'RS256', 'ES256'].map(signingKey)) };

// What signs for the client, by the certificate it showed.
const seal = {
  ...createPublicKey(settings.seal).export({ format: 'jwk' }),
  kid: settings.kid,
  use: 'sig',
};

const base = {
  client_id: settings.clientId,
  redirect_uris: settings.redirectUris,
  jwks: { keys: [seal] },
  grant_types: ['authorization_code', 'implicit', 'refresh_token'],
  tls_client_certificate_bound_access_tokens: true,
};

// What differs between the profiles.
const profiles = {
  fapi1: {
    fapi: '1.0 Final',
    client: {
      response_types: ['code id_token'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256',
      request_object_signing_alg: 'PS256',
      id_token_signed_response_alg: 'PS256',
      require_signed_request_object: true,
    },
  },
  jarm: {
    fapi: '1.0 Final',
    client: {
      response_types: ['code'],
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: settings.subject,
      request_object_signing_alg: 'PS256',
      id_token_signed_response_alg: 'PS256',
      authorization_signed_response_alg: 'PS256',
      require_pushed_authorization_requests: true,
    },
  },
  fapi2: {
    fapi: '2.0',
    client: {
      response_types: ['code'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256',
      id_token_signed_response_alg: 'PS256',
      require_pushed_authorization_requests: true,
    },
  },
  op: {
    // The rules of FAPI 1.0 for what goes through the browser, with OP's weaker secret and algorithm.
    fapi: '1.0 Final',
    client: {
      response_types: ['code id_token'],
      client_secret: settings.clientSecret,
      token_endpoint_auth_method: 'client_secret_post',
      request_object_signing_alg: 'RS256',
      id_token_signed_response_alg: 'RS256',
      require_signed_request_object: true,
    },
  },
};

function configuration({ fapi, client }) {
  const subjectOf = (ctx) => ctx.socket.getPeerCertificate()?.subject?.CN;
  return {
    jwks,
    clients: [{ ...base, ...client }],
    scopes: ['openid', 'accounts'],
    responseTypes: ['code id_token', 'code'],
    clientAuthMethods: ['private_key_jwt', 'tls_client_auth', 'client_secret_post'],
    claims: { openid: ['sub'], acr: null, openbanking_intent_id: null, authorizationId: null },
    acrValues: [STRONG],
    pkce: { required: () => fapi === '2.0' },
    cookies: { keys: ['for tests only'] },
    clockTolerance: 10,
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: async () => true,
    findAccount: async (_, accountId) => ({
      accountId,
      claims: async (_use, _scope, asked) => ({
        sub: accountId,
        openbanking_intent_id: asked.openbanking_intent_id?.value,
        authorizationId: asked.authorizationId?.value,
      }),
    }),
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      requestObjects: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      jwtResponseModes: { enabled: true },
      userinfo: { enabled: true },
      fapi: { enabled: true, profile: fapi },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        tlsClientAuth: true,
        getCertificate(ctx) {
          const shown = ctx.socket.getPeerCertificate();
          return shown?.raw ? new X509Certificate(shown.raw).toString() : undefined;
        },
        certificateAuthorized: (ctx) => ctx.socket.authorized,
        certificateSubjectMatches: (ctx, property, expected) =>
          property === 'tls_client_auth_subject_dn' && `CN=${subjectOf(ctx)}` === expected,
      },
    },
  };
}

/** The person signs in and agrees without being asked. */
async function agree(provider, request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: PERSON, clientId: params.client_id });
  grant.addOIDCScope('openid accounts');
  grant.addOIDCClaims(['acr', 'openbanking_intent_id', 'authorizationId']);
  const result = { login: { accountId: PERSON, acr: STRONG }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const issuers = {};
for (const [name, profile] of Object.entries(profiles)) {
  let provider;
  let answer;
  const server = createServer(
    { ...settings.tls, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      if (request.url.startsWith('/interaction/')) {
        agree(provider, request, response).catch((error) => {
          response.statusCode = 500;
          response.end(String(error));
        });
      } else {
        answer(request, response);
      }
    },
  );
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  issuers[name] = `https://localhost:${server.address().port}`;
  provider = new Provider(issuers[name], configuration(profile));
  answer = provider.callback();
}
process.stdout.write(`${JSON.stringify(issuers)}\n`);
while (!(await lines.next()).done);
process.exit(0);
