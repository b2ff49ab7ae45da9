/* SPDX-License-Identifier: Apache-2.0
 * One row per fact of a device that a vector states: kind, member of struct gs_policy_device,
 * name in the file.
 */
#define VECTOR_FACTS(NUMBER, FLAG, ID, DIGEST)                 \
  ID(product, "product")                                       \
  ID(hardware, "hardware")                                     \
  NUMBER(revision, "revision")                                 \
  NUMBER(stub_version, "stub_version")                         \
  FLAG(production, "production")                               \
  NUMBER(slot_size, "slot_size")                               \
  NUMBER(erase_size, "erase_size")                             \
  NUMBER(write_size, "write_size")                             \
  NUMBER(slot_address[0], "slot_address_a")                    \
  NUMBER(slot_address[1], "slot_address_b")                    \
  NUMBER(manifest_max, "manifest_max")                         \
  NUMBER(block_max, "block_max")                               \
  NUMBER(staging_slot, "staging_slot")                         \
  FLAG(has_running, "has_running")                             \
  DIGEST(running_package, "running_package")                   \
  NUMBER(running_release, "running_release")                   \
  NUMBER(running_security_version, "running_security_version") \
  NUMBER(floor, "floor")                                       \
  NUMBER(floor_max, "floor_max")                               \
  NUMBER(security_step_max, "security_step_max")               \
  FLAG(older_allowed, "older_allowed")                         \
  FLAG(reinstall, "reinstall")
