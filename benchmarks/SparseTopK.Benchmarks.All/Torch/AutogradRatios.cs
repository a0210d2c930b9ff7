using static SparseTopK.Torch.Functional;
using static TorchSharp.torch;

namespace SparseTopK.Benchmarks.All.Torch;

/// <summary>Forward and backward through autograd, beside hard topk forward, and beside the core without tensors.</summary>
internal static class AutogradRatios
{
    private const double Lambda = 0.3;

    private static readonly (int Rows, int N, int K)[] Cases =
    [
        (1, 100, 10), (1, 1000, 100), (1, 10_000, 1000), (1, 100_000, 10_000), (1, 1_000_000, 100_000), (4096, 8, 2), (4096, 64, 2), (1024, 1024, 32),
    ];

    private static readonly Column<Case>[] Columns =
    [
        new("topk fwd", static work => work.HardTopK()),
        new("exp f+b", static work => work.Step(static (x, _) => x.exp())),
        new("core mask f+b", static work => work.CoreMask()),
        new("mask f+b", static work => work.Step(static (x, k) => topk_mask(x, k, Lambda))),
        new("core mag f+b", static work => work.CoreMagnitude()),
        new("mag f+b", static work => work.Step(static (x, k) => topk_magnitude(x, k, Lambda))),
        new("soft_rank f+b", static work => work.Step(static (x, _) => soft_rank(x, Lambda))),
    ];

    public static void Run(Settings settings, int threads)
    {
        TopKParallelism.MaxDegreeOfParallelism = threads;
        set_num_threads(threads);
        settings.Output.WriteLine($"TorchSharp {typeof(TorchSharp.torch).Assembly.GetName().Version}, {threads} thread(s), float32, standard normal, lambda = {Lambda}, p = 2");
        var table = new Table<Case>(
            "Milliseconds (median of rounds), and in brackets the ratio to topk forward. f+b: forward and backward, through autograd but for the core.",
            "rows x n, k", Columns, settings);
        foreach (var (rows, n, k) in Cases)
        {
            table.Compare($"{rows} x {n}, k={k}", () => new Case(rows, n, k));
        }
    }

    /// <summary>The tensors of one case, and their entries.</summary>
    private sealed class Case
    {
        private readonly int _n;
        private readonly int _k;
        private readonly Tensor _x;
        private readonly Tensor _g;
        private readonly float[] _entries;
        private readonly float[] _cotangent;
        private readonly float[] _output;
        private readonly float[] _gradient;
        private readonly double[] _thresholds;

        public Case(int rows, int n, int k)
        {
            (_n, _k) = (n, k);
            using var generator = new Generator(1);
            _x = randn([rows, n], ScalarType.Float32, generator: generator).requires_grad_();
            _g = randn([rows, n], ScalarType.Float32, generator: generator);
            (_entries, _cotangent) = (_x.detach().data<float>().ToArray(), _g.data<float>().ToArray());
            (_output, _gradient, _thresholds) = (new float[rows * n], new float[rows * n], new double[rows]);
        }

        public void HardTopK()
        {
            using var guard = no_grad();
            var (values, indices) = _x.topk(_k);
            values.Dispose();
            indices.Dispose();
        }

        public void Step(Func<Tensor, long, Tensor> function)
        {
            using var y = function(_x, _k);
            y.backward([_g]);
            _x.grad!.Dispose();
            _x.grad = null;
        }

        public void CoreMask()
        {
            TopKMask.Forward<float>(_entries, _n, _k, PNorm.Quadratic(Lambda), _output);
            TopKMask.Vjp<float>(_output, _cotangent, _n, PNorm.Quadratic(Lambda), _gradient);
        }

        public void CoreMagnitude()
        {
            TopKMagnitude.Forward<float>(_entries, _n, _k, PNorm.Quadratic(Lambda), _output, _thresholds);
            TopKMagnitude.Vjp<float>(_entries, _thresholds, _cotangent, _n, _k, PNorm.Quadratic(Lambda), _gradient);
        }
    }
}
