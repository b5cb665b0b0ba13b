// A signature library that is not ours: signs and verifies compact and detached JWS (RFC 7515) with npm's
// `jose`. One JSON object in, one out, a line each.
import { createInterface } from 'node:readline';
import { compactVerify, CompactSign, exportJWK, generateKeyPair, importSPKI } from 'jose';

const CRITICAL = ['iat', 'iss', 'tan'].map((name) => `http://openbanking.org.uk/${name}`);
const crit = Object.fromEntries(CRITICAL.map((name) => [name, true]));
const bytes = (text) => Buffer.from(text, 'base64');
const own = {};

async function ownKey(alg) {
  own[alg] ??= await generateKeyPair(alg, { extractable: true });
  return own[alg];
}

const operations = {
  async verify({ token, payload, alg, spki }) {
    const key = await importSPKI(spki, alg);
    const [header, inside, signature] = token.split('.');
    const whole = `${header}.${inside || bytes(payload).toString('base64url')}.${signature}`;
    try {
      const read = await compactVerify(whole, key, { algorithms: [alg], crit });
      return { valid: true, header: read.protectedHeader };
    } catch (error) {
      return { valid: false, code: error.code };
    }
  },
  async sign({ payload, alg, header, detached }) {
    const { privateKey, publicKey } = await ownKey(alg);
    const signer = new CompactSign(bytes(payload)).setProtectedHeader({ alg, kid: 'theirs', ...header });
    const token = await signer.sign(privateKey, { crit });
    const [first, , last] = token.split('.');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'theirs', use: 'sig', alg };
    return { token: detached ? `${first}..${last}` : token, jwks: { keys: [jwk] } };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, ...rest } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await operations[operation](rest))}\n`);
}
