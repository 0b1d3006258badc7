// A mail server for tests: the npm package `smtp-server`. Told by one JSON argument: {log, refuse,
// later, drop}: mailboxes that it refuses for good, for now, or at which it drops the link once it
// took the words.
'use strict';
const fs = require('fs');
const { SMTPServer } = require('smtp-server');

const told = JSON.parse(process.argv[2]);
const log = fs.openSync(told.log, 'a');

function error(code) { return Object.assign(new Error('no'), { responseCode: code }); }

const server = new SMTPServer({
  authOptional: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true, logger: false,
  onAuth(auth, session, done) {
    done(auth.password === told.password ? null : error(535), { user: auth.username });
  },
  onRcptTo(address, session, done) {
    if (address.address === told.refuse) { return done(error(550)); }
    return done(address.address === told.later ? error(451) : null);
  },
  onData(stream, session, done) {
    let words = '';
    stream.on('data', (more) => { words += more.toString('latin1'); });
    stream.on('end', () => {
      const to = session.envelope.rcptTo[0].address;
      fs.writeSync(log, JSON.stringify({ to, from: session.envelope.mailFrom.address, user: session.user || '', words }) + '\n');
      if (to === told.drop) { server.connections.forEach((one) => one._socket.destroy()); return; }
      done();
    });
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(JSON.stringify({ port: server.server.address().port }) + '\n');
});
process.stdin.on('end', () => process.exit(0)).resume();
