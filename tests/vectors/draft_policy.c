/* SPDX-License-Identifier: Apache-2.0
 * Group D and the rules of policy: good manifests, the wrong device or the wrong time.
 */
#include <stdio.h>
#include <string.h>

#include "draft.h"
#include "gapseal/crypto.h"

/* A draft and the manifest and device it will be made from; the caller changes them. */
struct story {
  struct draft d;
  struct fixture_manifest f;
};

static gapseal_v1_Manifest *begin(struct story *s, const char *name, const char *rows,
                                  enum gs_status expect, const char *text) {
  draft_manifest(&s->d, name, rows, expect, text);
  fixture_manifest(&s->f, 1);
  return &s->f.m.fields;
}

static void end(struct story *s, struct draft_run *run) {
  draft_use_manifest(&s->d, &s->f);
  draft_finish(&s->d, run);
}

static void floors(struct draft_run *run) {
  struct story s;
  gapseal_v1_Manifest *m = begin(&s, "d01-below-floor", "D01", GS_E_BELOW_FLOOR,
                                 "security version 2 where the floor is 3");
  m->security_version = 2;
  m->raises_floor_to = 2;
  end(&s, run);
  m = begin(&s, "d07-fast-forward", "D07", GS_E_VERSION_JUMP, "security version 2^32 - 1");
  m->security_version = 0xFFFFFFFFu;
  end(&s, run);
  m = begin(&s, "d07-step-and-1", "D07", GS_E_VERSION_JUMP, "one more than the step above floor 3");
  m->security_version = 1004;
  end(&s, run);
  m = begin(&s, "d07-step", "D07", GS_OK, "just the step above floor 3");
  m->security_version = 1003;
  end(&s, run);
  (void)begin(&s, "d08-exhausted", "D08", GS_E_FLOOR_EXHAUSTED,
              "the floor would rise to 4 where the counter ends at 3");
  s.d.v.device.floor_max = 3;
  end(&s, run);
  m = begin(&s, "d08-no-raise", "D08", GS_OK, "the counter is at its end, and is not raised");
  m->raises_floor_to = 3;
  s.d.v.device.floor_max = 3;
  end(&s, run);
  m = begin(&s, "d06-unsigned", "D06", GS_E_BELOW_FLOOR,
            "security version 2^31 - 1 where the floor is 2^31: compared as unsigned");
  m->security_version = 0x7FFFFFFFu;
  m->raises_floor_to = 0x7FFFFFFFu;
  fixture_device_runs(&s.d.v.device, 0x80000000u, 0x80000000u);
  end(&s, run);
  m = begin(&s, "d06-top", "D06", GS_OK, "security version and floor are 2^32 - 1");
  m->security_version = 0xFFFFFFFFu;
  fixture_device_runs(&s.d.v.device, 0xFFFFFFFFu, 0xFFFFFFFFu);
  end(&s, run);
}

static void releases(struct draft_run *run) {
  struct story s;
  (void)begin(&s, "d02-running", "D02", GS_E_ALREADY, "the package that runs");
  fixture_running_manifest(&s.f);
  end(&s, run);
  (void)begin(&s, "d02-reinstall", "D02", GS_OK, "the package that runs, and reinstall is asked");
  fixture_running_manifest(&s.f);
  s.d.v.device.reinstall = true;
  end(&s, run);
  gapseal_v1_Manifest *m = begin(&s, "d03-same-security-version", "D03", GS_OK,
                                 "a newer release of the same security version");
  m->security_version = 3;
  m->raises_floor_to = 3;
  end(&s, run);
  m = begin(&s, "d04-older-release", "D04", GS_E_OLDER, "release 6 where release 7 runs");
  m->release = 6;
  end(&s, run);
  m = begin(&s, "d04-older-security-version", "D04", GS_E_OLDER,
            "security version 3 where 5 runs and the floor is 3");
  m->security_version = 3;
  m->raises_floor_to = 3;
  fixture_device_runs(&s.d.v.device, 5, 3);
  end(&s, run);
  m = begin(&s, "d04-older-allowed", "D04", GS_OK, "release 6, and older is allowed");
  m->release = 6;
  s.d.v.device.older_allowed = true;
  end(&s, run);
  m = begin(&s, "d04-older-below-floor", "D01 D04", GS_E_BELOW_FLOOR,
            "older is allowed, but nothing below the floor");
  m->release = 6;
  m->security_version = 2;
  m->raises_floor_to = 2;
  s.d.v.device.older_allowed = true;
  end(&s, run);
  m = begin(&s, "d18-planned-downgrade", "D18", GS_OK,
            "the image of release 7, issued again as release 9 at security version 4");
  m->release = 9;
  fixture_describe_image(&s.f, 0, 7, FIXTURE_IMAGE_BYTES, FIXTURE_BLOCK_BYTES);
  end(&s, run);
  m = begin(&s, "d20-required-release", "D20", GS_E_REQUIRES,
            "release 8 must come first, and 7 runs");
  m->release = 9;
  m->requires_release = 8;
  end(&s, run);
  m = begin(&s, "d20-required-present", "D20", GS_OK, "release 7 must come first, and runs");
  m->requires_release = 7;
  end(&s, run);
}

static void targets(struct draft_run *run) {
  struct story s;
  gapseal_v1_Manifest *m = begin(&s, "k05-other-product", "K05", GS_E_PRODUCT, "another product");
  memcpy(m->product, fixture_other_product, GS_ID_BYTES);
  fixture_must(gs_sha256(fixture_other_about, strlen(fixture_other_about), m->about) == GS_OK,
               "about");
  end(&s, run);
  m = begin(&s, "k07-other-board", "K07", GS_E_HARDWARE, "another board");
  m->hardware[0].id[15] ^= 1u;
  end(&s, run);
  m = begin(&s, "k07-older-revision", "K07", GS_E_HARDWARE, "for revisions up to 1, this is 2");
  m->hardware[0].last_revision = 1;
  end(&s, run);
  m = begin(&s, "k07-newer-revision", "K07", GS_E_HARDWARE, "for revisions from 3 on, this is 2");
  m->hardware[0].first_revision = 3;
  end(&s, run);
  m = begin(&s, "a34-newer-stub", "A34", GS_E_STUB_OLD, "needs stub 2, this is 1");
  m->min_stub = 2;
  end(&s, run);
  m = begin(&s, "a28-no-variant", "A28", GS_E_NO_VARIANT, "an image for slot A only, B is free");
  m->variants[0].slots = 1;
  end(&s, run);
  m = begin(&s, "a28-other-address", "A28", GS_E_NO_VARIANT, "linked for another address");
  m->variants[0].has_load_address = true;
  m->variants[0].load_address = FIXTURE_ADDRESS_A;
  end(&s, run);
  (void)begin(&s, "a28-block-over-limit", "A28", GS_E_BLOCK_SIZE,
              "blocks of 4 KiB, the device takes 1 KiB");
  fixture_describe_image(&s.f, 0, 8, FIXTURE_IMAGE_BYTES, 4096);
  end(&s, run);
  /* The slot keeps its last erase unit for the trailer: 61,440 bytes are the image's. */
  (void)begin(&s, "a28-slot-full", "A28", GS_OK, "the largest image that fits");
  fixture_describe_image(&s.f, 0, 8, 61440, FIXTURE_BLOCK_BYTES);
  end(&s, run);
  (void)begin(&s, "a28-slot-and-1", "A28", GS_E_IMAGE_SIZE, "one byte more than fits");
  fixture_describe_image(&s.f, 0, 8, 61441, FIXTURE_BLOCK_BYTES);
  end(&s, run);
}

static void revocations(struct draft_run *run) {
  struct story s;
  gapseal_v1_Manifest *m =
      begin(&s, "k01-revoked-package", "K01", GS_E_REVOKED, "a package that the keyring revokes");
  fixture_running_manifest(&s.f);
  m->release = 6;
  (void)snprintf(s.d.v.keyring_file, sizeof s.d.v.keyring_file, "golden-keyring-v2.vec");
  end(&s, run);
  m = begin(&s, "k01-below-minimum", "K01", GS_E_BELOW_MINIMUM,
            "below the keyring's minimum, though not below this device's floor");
  m->security_version = 2;
  m->raises_floor_to = 2;
  fixture_device_runs(&s.d.v.device, 3, 1);
  (void)snprintf(s.d.v.keyring_file, sizeof s.d.v.keyring_file, "golden-keyring-v2.vec");
  end(&s, run);
}

void draft_policy(struct draft_run *run) {
  floors(run);
  releases(run);
  targets(run);
  revocations(run);
}
