// Deliveries of all kinds, as a desk sees them.

import { deliver, notification, signature } from "./receiver.js";

/** @param {import("./receiver.js").Receiver} receiver */
export async function fillInbox(receiver) {
  const json = /** @type {[string, string]} */ (["content-type", "application/json"]);
  const agent = /** @type {[string, string]} */ (["user-agent", "platform-webhooks/2.4"]);
  const health = (/** @type {Record<string, unknown>} */ payload, /** @type {string} */ text) =>
    deliver(receiver, { target: "/webhooks/health", headers: [agent, json], body: notification(payload, text) });
  await health({}, "Disk space on app is low: 1.9 GB of 10 GB free (19 %), below the warning line of 20 %.");
  await deliver(receiver, {
    target: "/hooks/unsigned",
    headers: [agent, json],
    body: '{"ref":"refs/heads/main"}',
    signed: false,
  });
  await health(
    {
      severity: "critical",
      previous: "warning",
      service: "database",
      percent: 8,
      available: 800_000_000,
      threshold: { severity: "critical", percent: 10, available: 1_000_000_000 },
    },
    "Disk space on database is critically low: 0.8 GB of 10 GB free (8 %), below the critical line of 10 %.",
  );
  await deliver(receiver, { target: "/hooks/binary", headers: [agent], body: Buffer.from([0, 159, 146, 150, 13, 10]) });
  const repeated = notification({ service: "app" });
  for (const _ of [1, 2])
    await deliver(receiver, { target: "/webhooks/health", headers: [agent, json], body: repeated });
  await deliver(receiver, {
    method: "PUT",
    target: "/hooks/two?attempt=2",
    headers: [["x-trace", "a"], ["x-trace", "b"], json],
    body: "{}",
  });
  await deliver(receiver, {
    target: "/hooks/another-key",
    headers: [agent, json, ["x-jws-signature", signature("{}").replace(/.{6}$/, "AAAAAA")]],
    body: "{}",
    signed: false,
  });
  await health(
    { severity: "all-clear", previous: "critical", service: "database", percent: 54, available: 5_400_000_000 },
    "Disk space on database is back to normal: 5.4 GB of 10 GB free (54 %), above the warning line of 20 %.",
  );
  const inodes = {
    severity: "critical",
    previous: "warning",
    resource: "inodes",
    available: 52_429,
    total: 655_360,
    percent: 8,
    threshold: { severity: "critical", percent: 10, available: 65_536 },
  };
  const sent = notification(inodes, "Inodes on app are critically low: 52,429 of 655,360 free (8 %).").replace(
    "low_disk",
    "low_inodes",
  );
  await deliver(receiver, {
    target: "/hooks/reserialised",
    headers: [["user-agent", "acme-gateway/1.9"], json, ["x-trace", "7f3a"], ["x-trace", "91c0"]],
    body: JSON.stringify(JSON.parse(sent), null, 2),
    signed: sent,
  });
}
