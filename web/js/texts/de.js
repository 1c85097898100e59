/** All German texts. A text of one language is in every other: a test holds them together. */
import account from "./de/account.js";
import admin from "./de/admin.js";
import catalogue from "./de/catalogue.js";
import common from "./de/common.js";
import jobs from "./de/jobs.js";
import shares from "./de/shares.js";
import sources from "./de/sources.js";

export default { ...common, ...account, ...catalogue, ...shares, ...sources, ...jobs, ...admin };
