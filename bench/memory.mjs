/** Loaded before a server whose memory is to be measured (with --expose-gc): tells what is in use once everything unused is collected. */
async function tell() {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
    // What waits for a finaliser goes in the next round.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send({ used: heapUsed + external, rss });
}

process.on('message', (asked) => {
  if (asked === 'memory') void tell();
});
// Whoever is measured ends as it would without this, or when whoever measures it has gone.
process.channel?.unref();
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
