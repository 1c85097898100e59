/** All English texts. A text of one language is in every other: a test holds them together. */
import account from "./en/account.js";
import catalogue from "./en/catalogue.js";
import common from "./en/common.js";

export default { ...common, ...account, ...catalogue };
