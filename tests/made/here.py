"""A worker that does its tasks in this very process."""

from napari_wsss.session.tasks import TASKS


class Here:
    """Does the worker's tasks in this process."""

    def call(self, task, **arguments):
        return (yield from TASKS[task](**arguments))

    def run(self, _, job, **__):
        return self.call(job.task, **job.arguments)

    def stop(self):
        pass
