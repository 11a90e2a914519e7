// A real OpenID provider (oidc-provider, certified), as an operator would have one: node provider.mjs CLIENT SECRET BACK
// It prints its issuer once it listens on a free port, and ends when its standard input does. It believes any name that
// is typed in, and keeps what it knows in memory.
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const [client_id, client_secret, back] = process.argv.slice(2)
const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [{ client_id, client_secret, redirect_uris: [back] }],
    cookies: { keys: ['of a test'] },
    pkce: { required: () => true },
    ttl: { Session: 600, Grant: 600, Interaction: 600, IdToken: 600, AccessToken: 600 },
  })
  server.on('request', provider.callback())
  console.log(issuer)
})
process.stdin.on('end', () => process.exit(0)).resume()
