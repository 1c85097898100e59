/** All German texts. A text of one language is in every other: a test holds them together. */
import account from "./de/account.js";
import catalogue from "./de/catalogue.js";
import common from "./de/common.js";

export default { ...common, ...account, ...catalogue };
