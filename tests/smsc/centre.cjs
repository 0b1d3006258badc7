// A message centre for tests: the npm package `smpp` as server. What it took stands in its own log,
// one JSON object a line, written before it answers. It is told by one JSON argument:
// {port, log, password, throttle, drop, late, dropAfter, seed, receipt, replies}
//   throttle, drop: of so many submissions, in parts of one, refused as too many, or answered by a
//     dropped link; a dropped one is taken or not, half each
//   late: receipts come so many milliseconds later at most, on whatever link is there then
//   tls: a file with a key and its certificate, where the link is to be made with TLS
//   receipt: "text", "tags" or "both"; bare: receipts do not bring the marker back
// Lines on standard input: {"from": number, "words": text} is sent as a reply.
'use strict';
const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const told = JSON.parse(process.argv[2]);
const log = fs.openSync(told.log, 'a');
let state = told.seed >>> 0 || 1;
let number = 0;
const links = new Set();
const owed = []; // receipts that no link took yet

function chance() { // xorshift: the same run again for the same seed
  state ^= state << 13; state >>>= 0;
  state ^= state >>> 17;
  state ^= state << 5; state >>>= 0;
  return state / 0x100000000;
}

function note(entry) { fs.writeSync(log, JSON.stringify(entry) + '\n'); }

function words(pdu) {
  const message = pdu.short_message && pdu.short_message.message;
  return message && message.length ? message : (pdu.message_payload && pdu.message_payload.message) || '';
}

function header(pdu) {
  const udh = pdu.short_message && pdu.short_message.udh;
  return udh && udh.length ? Array.from(Buffer.isBuffer(udh[0]) ? udh[0] : udh) : null;
}

function take(pdu) {
  number += 1;
  const id = `${process.pid.toString(16)}-${number}`;
  note({
    id, to: pdu.destination_addr, from: pdu.source_addr, words: words(pdu), udh: header(pdu),
    coding: pdu.data_coding, marker: pdu.user_message_reference, esm: pdu.esm_class,
  });
  return id;
}

function receipt(pdu, id) {
  const form = told.receipt || 'both';
  const given = {
    source_addr: pdu.destination_addr, source_addr_ton: 1, source_addr_npi: 1,
    destination_addr: pdu.source_addr, esm_class: 4,
  };
  if (form !== 'tags') {
    given.short_message = `id:${id} sub:001 dlvrd:001 submit date:2603011200 ` +
      'done date:2603011201 stat:DELIVRD err:000 text:';
  }
  if (form !== 'text') { given.receipted_message_id = id; given.message_state = 2; }
  if (!told.bare) { given.user_message_reference = pdu.user_message_reference; }
  return given;
}

function owe(given) { owed.push(given); pay(); }

function pay() {
  const [link] = links;
  if (!link) { return; }
  for (const given of owed.splice(0)) {
    let heard = false;
    link.once('close', () => { if (!heard) { heard = true; owed.push(given); } });
    link.setMaxListeners(0);
    link.deliver_sm(given, (answer) => {
      if (heard) { return; }
      heard = true;
      if (answer.command_status !== 0) { owed.push(given); } else { note({ acknowledged: given.receipted_message_id || given.short_message }); }
    });
  }
}
setInterval(pay, 50).unref();

const secure = told.tls ? { key: fs.readFileSync(told.tls), cert: fs.readFileSync(told.tls) } : {};
const server = smpp.createServer(secure, (link) => {
  link.on('error', () => {});
  link.on('close', () => links.delete(link));
  link.on('bind_transceiver', (pdu) => {
    note({ bind: pdu.system_id, right: pdu.password === told.password });
    if (pdu.password !== told.password) {
      link.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
      return;
    }
    link.send(pdu.response({ system_id: 'centre' }));
    links.add(link);
  });
  link.on('enquire_link', (pdu) => link.send(pdu.response()));
  link.on('unbind', (pdu) => { link.send(pdu.response()); link.close(); });
  link.on('submit_sm', (pdu) => {
    const luck = chance();
    if (luck < told.throttle) {
      const full = chance() < 0.5;
      link.send(pdu.response({ command_status: full ? smpp.ESME_RMSGQFUL : smpp.ESME_RTHROTTLED }));
      return;
    }
    const drops = luck < told.throttle + told.drop;
    if (drops && chance() < 0.5) { link.destroy(); return; } // lost before it was taken
    const id = take(pdu);
    if (pdu.registered_delivery) {
      setTimeout(() => owe(receipt(pdu, id)), chance() * told.late).unref();
    }
    if (drops) { link.destroy(); return; } // taken, and not acknowledged
    link.send(pdu.response({ message_id: id }));
  });
});

server.on('error', (error) => { process.stderr.write(String(error) + '\n'); process.exit(1); });
server.listen(told.port, '127.0.0.1', () => {
  process.stdout.write(JSON.stringify({ port: server.address().port }) + '\n');
});

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const said = JSON.parse(line);
  owe({ source_addr: said.from, source_addr_ton: 1, source_addr_npi: 1, destination_addr: '1234',
    short_message: said.words, esm_class: 0 });
}).on('close', () => process.exit(0));
