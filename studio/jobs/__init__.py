"""Jobs that are never lost, and the one run that a pipeline is handed (``job.Job``).

For whoever shows or starts jobs, the page among them::

    from studio.jobs.queue import JobQueue, jobs_path
    from studio.jobs.record import JobRequest, JobState, Priority

    queue = JobQueue.open(jobs_path(settings))      # one a process; threads may share it
    job = queue.submit(JobRequest(
        pipeline="stylize", sources=(str(path),), options=to_json(options),
        owner="ada", priority=Priority.INTERACTIVE))     # raises Busy
    job = queue.get(job.id, owner="ada")            # raises UnknownJob for another's
    queue.jobs(owner="ada", states=..., limit=200)  # newest first
    queue.log(job.id, owner="ada")
    queue.cancel | pause | resume | retry (id, owner); queue.move(id, ahead, owner)
    queue.counts()

``JobRecord`` says ``state``, ``wish`` (what a job at work was asked for), ``ahead`` (jobs before
it), ``progress.stages`` (the last is what goes on), ``progress.left_s``, ``result.files``,
``result.summary``, ``result.notes``, ``error.message`` and ``error.hint``. A job that has no
room, or may not write, is ``paused`` with its error; ``resume`` goes on where it stopped.

Jobs are done by a ``Worker`` (``worker.py``), any number of them on one database: it only starts
processes, so the page may run one in a thread,
``Worker(jobs_path(settings), pipelines.registry.COMMAND, settings).run(stop)``, which ends when the
event ``stop`` is set; or ``studio jobs work`` does. One job at a time each of the two classes;
see ``worker.py`` for how interactive jobs go before batch jobs.

``report.report_of(queue, id, owner)`` is the JSON file for a bug; ``metrics.prometheus_text(
queue.counts(), queue.jobs(limit=1000), StatusBoard(...).read())`` the metrics endpoint's content.
"""
