#!/bin/sh
# "nothing was written" was once said of a request that the device had taken and whose answer was
# lost on the way: only an answer had made it count.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 60000 one
package v1.gsp 1.0.0 1 1 fw1.bin
start_sim dev1
line="port:exec:python3 $TOOLS/on_reply.py --drop dev1.sock"

# The answer is lost, and so is the device, for good.
expect_exit 20 gapseal install v1.gsp "$line begin begun 'kill -9 $pid_dev1; rm -f dev1.sock'" --timeout 1 --json
expect_json 'd["written"] is True' 'd["decided_by"] is None'
err_lacks "nothing was written"
start_sim dev1
expect_exit 40 gapseal install v1.gsp "$dev1" --stop-before confirm
expect_exit 20 gapseal confirm "$line confirm decided 'kill -9 $pid_dev1; rm -f dev1.sock'" --json
expect_json 'd["written"] is True'
err_lacks "nothing was written"
start_sim dev1
expect_exit 0 gapseal install v1.gsp "$dev1" --json
expect_json 'd["already"] is True' 'd["written"] is False'

# Lost before it was sent, or refused: nothing was written, and it is said.
line="port:exec:python3 $TOOLS/on_reply.py --before dev1.sock"
expect_exit 20 gapseal rollback "$line ident asked 'kill -9 $pid_dev1; rm -f dev1.sock'" --json
expect_json 'd["written"] is False'
start_sim dev1
expect_exit 6 gapseal rollback "$dev1" --json
expect_json 'd["written"] is False' 'd["decided_by"] == "device"'
err_has "nothing was written"
finish
