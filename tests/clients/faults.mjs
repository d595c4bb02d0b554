// What Node's fetch makes of each fault: node faults.mjs BASE FAULT…
//
// One line of JSON a fault. The class is the error and the code of its cause, or, where there was
// none, what is other than at BASE/healthy.

const [base, ...faults] = process.argv.slice(2);

async function get(fault, patience = 3000) {
  const answer = await fetch(`${base}/${fault}`, {
    // The bytes as they are: a fault of coded bytes would be one of their coding.
    headers: { accept: 'application/json', 'accept-encoding': 'identity' },
    signal: AbortSignal.timeout(patience),
  });
  return { answer, body: Buffer.from(await answer.arrayBuffer()) };
}

async function observed(fault, healthy) {
  let answer, body;
  try {
    ({ answer, body } = await get(fault));
  } catch (error) {
    const cause = error.cause;
    return cause ? `${error.name} ${cause.code ?? cause.name}` : error.name;
  }
  const field = (name) => answer.headers.get(name);
  if (answer.status !== 200) return `status ${answer.status}`;
  if (field('grpc-status') !== null) return `grpc-status ${field('grpc-status')}`;
  if (field('content-type') !== 'application/json') return `type ${field('content-type')}`;
  // fetch joins the values of a field that comes twice.
  const etags = (field('etag') ?? '').split(',').filter((etag) => etag !== '').length;
  if (etags !== 1) return `etags ${etags}`;
  if (body.length === healthy.length && fault === 'corrupted') {
    return body.equals(healthy) ? 'healthy' : 'other bytes';
  }
  try {
    JSON.parse(body.toString());
  } catch (error) {
    return error.name;
  }
  return body.equals(healthy) ? 'healthy' : 'other bytes';
}

const { body: healthy } = await get('healthy', 20_000);
for (const fault of faults) {
  console.log(JSON.stringify({ fault, class: await observed(fault, healthy) }));
}
