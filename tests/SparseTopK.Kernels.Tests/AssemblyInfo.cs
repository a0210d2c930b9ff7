// Tests open and close devices, whose drivers compile in threads of their own: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
