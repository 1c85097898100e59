/** All English texts. A text of one language is in every other: a test holds them together. */
import account from "./en/account.js";
import admin from "./en/admin.js";
import catalogue from "./en/catalogue.js";
import common from "./en/common.js";
import jobs from "./en/jobs.js";
import shares from "./en/shares.js";
import sources from "./en/sources.js";

export default { ...common, ...account, ...catalogue, ...shares, ...sources, ...jobs, ...admin };
