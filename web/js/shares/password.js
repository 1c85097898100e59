/**
 * A password to be told on the telephone: small letters and digits, none that looks like another.
 */

const letters = "abcdefghjkmnpqrstuvwxyz23456789";
const groups = 3;
const groupLength = 4;

/**
 * Three groups of four characters: 59 bits, which scrypt and the locks behind it make plenty.
 * @param {(bytes: Uint8Array<ArrayBuffer>) => Uint8Array} [random] fills with random bytes
 */
export function generatePassword(random = (bytes) => crypto.getRandomValues(bytes)) {
  /** @type {string[]} */
  const drawn = [];
  // A byte beyond the last whole multiple would make the first letters likelier.
  const limit = 256 - 256 % letters.length;
  while (drawn.length < groups * groupLength) {
    for (const byte of random(new Uint8Array(64))) {
      if (byte < limit && drawn.length < groups * groupLength) drawn.push(letters[byte % letters.length] ?? "");
    }
  }
  return Array.from(
    { length: groups },
    (_, index) => drawn.slice(index * groupLength, (index + 1) * groupLength).join(""),
  )
    .join("-");
}
