"""Distributed Maps with batches, results and redrive, which the pinned MiniStack does not have.

    items       items of a manifest, inputs of child executions and their limits (pure)
    map_run     children, what is tolerated, what a redrive runs, result files (pure)
    role_calls  S3, Lambda and IAM with the rights of the state machine's role
    runner      one attempt of a Map Run, with MiniStack's interpreter for what a child does
    patches     all of it instead of what MiniStack does

What is emulated, and how it is known. D: documented by AWS, in the developer guide, the models of
its API or the specification of the language. R: recorded on AWS by others. G: a guess; no test
rests on one.

    CSV: quotation marks, doubled ones, backslashes, short and long rows                        D
    CSV: a byte order mark and carriage returns are dropped, empty lines are ignored            G
    JSON Lines: empty lines are ignored                                                         G
    batches: {"BatchInput": ..., "Items": [...]}, bounded by number and by bytes                D
    batches: BatchInput counts towards the bytes                                                G
    $$.Execution.Id in BatchInput is the parent's ARN                                           R
    a task's result has at most 256 KiB: States.DataLimitExceeded                               D
    names of Lambda's errors: "Lambda." and the error's name                                    D
    Lambda.AWSLambdaException where the role may not invoke                                     R
    tolerated failures: more than that percentage of the children failed or timed out; the API  D
      says children, the guide says items, which differs where batches differ in size
    States.ExceedToleratedFailureThreshold                                                      D
    no further child starts then (AWS may start some before the run fails)                      G
    children under way when the run fails end as ABORTED                                        D
    their outcome is lost                                                                       G
    States.ItemReaderFailed, States.ResultWriterFailed                                          D
    ResultWriterFailed comes after the children, not before them                                G
    FLATTEN takes lists apart; a failed child stands there as with NONE                         D
    SUCCEEDED_n, FAILED_n, PENDING_n, manifest.json; a redriven run's manifest names the        D
      successes of all attempts and the failures of the last
    n is the number of the attempt; each attempt's successes have a file of their own           G
    members of a child's record in a result file                                                R
    redrive: children that failed, timed out, were aborted or were not started; same ARN, same  D
      input, retries counted from zero; a run that never started starts
    ExecutionNotRedrivable for a run that succeeded or still runs                               D
    what failed before a redrive no longer counts against what is tolerated                     G
    the role must be allowed to start and to redrive children                                   D
    the error where it is not: States.Runtime                                                   G

Not emulated: MaxDelaySeconds and JitterStrategy of a retry, the 14 days of a redrive, its limit of
1,000, the definition that a redriven run keeps (here it takes the present one), result files of
5 GB, express workflows as children, ItemSelector, a Map that leaves out a field that modules/batch
has, other forms of results, the rights to describe and stop children and to deliver logs.
"""
