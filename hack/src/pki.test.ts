import { expect, test } from '@jest/globals'
import { createPrivateKey, sign, verify, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:tls'
import { CertificateAuthority, signingKeys } from './pki.ts'

test('an authority is one, and signs what it issues', async () => {
  const authority = await CertificateAuthority.create('test-ca')
  const ca = new X509Certificate(authority.cert)
  const { cert, key } = await authority.pair(
    { commonName: 'admin', organization: 'system:masters' },
    'client'
  )
  const client = new X509Certificate(cert)
  expect(ca.ca).toBe(true)
  expect(client.ca).toBe(false)
  expect(client.verify(ca.publicKey)).toBe(true)
  expect(client.checkIssued(ca)).toBe(true)
  expect(client.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect(client.subject).toBe('O=system:masters\nCN=admin')
  expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
  const other = await authority.pair({ commonName: 'b' }, 'client')
  expect(client.serialNumber).not.toBe(new X509Certificate(other.cert).serialNumber)
})

test('a certificate is good from an hour ago for a year', async () => {
  const { validFromDate, validToDate } = new X509Certificate(
    (await CertificateAuthority.create('test-ca')).cert
  )
  const days = (validToDate.getTime() - Date.now()) / 86_400_000
  expect(validFromDate.getTime()).toBeLessThan(Date.now())
  expect(Math.round(days)).toBe(365)
})

test('a server is known by its names and addresses, and both sides trust each other', async () => {
  const authority = await CertificateAuthority.create('test-ca')
  const pair = await authority.pair({ commonName: 'server' }, 'server', ['localhost', '127.0.0.1'])
  expect(new X509Certificate(pair.cert).subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1')
  const server = createServer({ ...pair, ca: authority.cert, requestCert: true }, (socket) =>
    socket.end('hello')
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const user = await authority.pair({ commonName: 'user' }, 'client')
  const socket = connect({ host: '127.0.0.1', port, ca: authority.cert, ...user })
  const [data] = (await once(socket, 'data')) as [Buffer]
  expect(data.toString()).toBe('hello')
  expect(socket.authorized).toBe(true)
  socket.destroy()
  server.close()
  await once(server, 'close')
})

test('signing keys are a pair', async () => {
  const { publicKey, privateKey } = await signingKeys()
  const signature = sign('sha256', Buffer.from('token'), privateKey)
  expect(verify('sha256', Buffer.from('token'), publicKey, signature)).toBe(true)
  expect(privateKey).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/)
})
