/** Loaded before a server whose memory is to be measured (with --expose-gc): tells what is in use once everything unused is collected. */
process.on('message', async (asked) => {
  if (asked !== 'memory') return;
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
    // What waits for a finaliser goes in the next round.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  process.send(heapUsed + external);
});
// Whoever is measured ends as it would without this.
process.channel?.unref();
