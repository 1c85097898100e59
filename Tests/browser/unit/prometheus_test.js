import { Figures } from "../../../web/js/lib/prometheus.js";
import { assertEquals } from "./support.js";

const figures = new Figures(`# HELP fileroom_jobs Jobs by state.
# TYPE fileroom_jobs gauge
fileroom_jobs{state="running"} 2
fileroom_jobs{state="failed"} 1
process_resident_memory_bytes 1.5e+08
duration_bucket{route="/api/search",le="+Inf"} 7
odd{path="a \\"b\\" c\\\\d\\ne, f=1"} NaN
`);

Deno.test("figures are found by name and labels, and summed", () => {
  assertEquals(figures.sum("fileroom_jobs"), 3);
  assertEquals(figures.sum("fileroom_jobs", { state: "running" }), 2);
  assertEquals(figures.sum("process_resident_memory_bytes"), 150_000_000);
});

Deno.test("what is not there is null, not nought", () => {
  assertEquals(figures.sum("fileroom_jobs", { state: "paused" }), null);
  assertEquals(figures.sum("absent"), null);
});

Deno.test("labels may hold quotes, backslashes, line ends and commas", () => {
  assertEquals(figures.all("odd")[0]?.labels, { path: 'a "b" c\\d\ne, f=1' });
  assertEquals(figures.all("duration_bucket")[0]?.labels.le, "+Inf");
});
