/** See temporary.js. */
export default function tearDown() {
  globalThis.tidyUp();
}
