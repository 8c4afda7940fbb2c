/** A web server that answers 200 and counts. Usage: web-server-program.ts ADDRESS PORT; prints its port. */
import { createServer } from 'node:http'

const [, , address, port] = process.argv
let asked = 0
const server = createServer((request, response) => {
  if (request.url === '/asked') {
    response.end(String(asked))
    return
  }
  asked++
  response.end('all is well')
})
server.listen(Number(port), address, () => {
  const bound = server.address()
  process.stdout.write(`${typeof bound === 'object' ? bound?.port : ''}\n`)
})
